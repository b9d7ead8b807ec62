"""What a running site says of itself: metrics, stage times of a turn, structured logs.

The files here import nothing of ours, so that anything may call them; what they ask about a store
is asked by whoever has it.
"""
