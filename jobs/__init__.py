"""What runs by hand or on a schedule: loading, retraining, projecting."""
