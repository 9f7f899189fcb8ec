"""Reading a contract file into a draft that a person can check, each value with the text it came from."""
