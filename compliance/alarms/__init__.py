"""What calls one of us: alarms on our own duties and on what fails, shown on Today and sent to the staff by mail."""
