"""The staff console: where nurses see cases, take conversations over and answer them."""
