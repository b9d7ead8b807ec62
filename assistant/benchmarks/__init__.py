"""The question reader on public data of others: is the method good, or only tuned?"""
