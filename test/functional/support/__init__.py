"""What functional tests share: see README.md of the folder above."""
