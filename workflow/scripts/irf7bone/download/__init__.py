"""Files from elsewhere: fetched whole, checked, locked, unpacked."""
