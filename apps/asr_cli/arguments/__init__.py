"""Groups of arguments that several commands share: each module adds its group and reads it back."""
