"""Monitors that hand a run over to other programs: as files, for a server, in a tool's own format."""
