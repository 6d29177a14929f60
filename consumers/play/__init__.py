"""Plays a scenario through a whole hub: the main job, and the proof that nothing gets lost."""
