"""The words that options accept, apart from everything else: ``--help`` needs no more."""

OBJECTIVES = ("size", "balanced", "compatible")
COMPILE = ("never", "minutes", "hours")
TRIM = ("none", "safe", "max")
AROUND = ("compose", "bake", "ci", "devcontainer", "systemd", "balena", "gitattributes")
BYTECODE = ("none", "beside", "only")
TRACED = ("safe", "tight", "none")
ACCELERATORS = ("auto", "none", "cuda", "edgetpu", "hailo", "rknn")
NEAR = 0.65  # how much two words have in common, of 1, to suggest one for the other
