"""Raw files of each source become checked retail tables; the synthetic shop is made here too."""
