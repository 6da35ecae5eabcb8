"""Everything that comes in: each source reads its system, checks objects and lands versions in the warehouse."""
