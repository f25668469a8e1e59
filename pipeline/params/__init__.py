"""params.yaml as frozen, validated objects, and the plan made of them; the only reader of the file."""
