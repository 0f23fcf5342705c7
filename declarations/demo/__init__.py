"""What the demonstration needs beside the product: an SFTP server, senders, institutions, Airflow's processes."""
