"""fal's services other than runs: the Platform API, storage, downloads, webhook keys."""
