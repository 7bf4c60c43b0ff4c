"""What is known of runs, contacts and problems, for whoever looks back: values that terminal and page both show."""
