# Fewer garbage collections: imports create hundreds of thousands of objects and no garbage. With Python's own 2,000, a
# fifth of LiteLLM's boot and an eighth of each start of a stdio server is spent in collections that free nothing.
import gc

gc.set_threshold(100_000)
