"""The plan of a turn, the policy that follows it, the renderer, and actions in the Rasa process."""
