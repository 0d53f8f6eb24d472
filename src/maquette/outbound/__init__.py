"""Traffic to third parties: webhooks over HTTP and e-mails over SMTP. Every attempt has a deadline."""
