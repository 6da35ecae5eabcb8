"""The words of what is done: letters to customers, tasks for colleagues, reasons for approvers, and their check."""
