-- Placeholder, so that the step after it can run alone.
SELECT 1;
