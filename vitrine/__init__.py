"""The installed program: `vitrine`. In a wheel the whole project is in the folder `app`."""
