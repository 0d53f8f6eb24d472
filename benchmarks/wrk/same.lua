-- The same request over and over: the one that wrk's own arguments describe.

dofile("summary.lua")
