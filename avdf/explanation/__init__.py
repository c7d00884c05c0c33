"""Why a detector calls a file as it does: what speaks for fake, where, and how stable the call is."""
