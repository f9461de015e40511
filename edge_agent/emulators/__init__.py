"""The device's side of each family, written from the makers' documents and sharing no code with the drivers."""
