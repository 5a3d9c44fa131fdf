"""Pictures as SVG: the course of a clock, a week at a glance, a year."""
