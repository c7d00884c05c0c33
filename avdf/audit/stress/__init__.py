"""The report of a stress test: stress.csv, and a folder with a page, a figure and tables."""
