"""What would a Django team write? Django REST framework, as documented: view set, serializer, authentication, pages.

It answers the CraftDesk calls that are measured, and is good for nothing else.
"""
