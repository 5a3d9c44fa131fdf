from .calendars import BusinessCalendar, CompositeCalendar, Closure, Revision, SpecialDay, always_open
from .policy import *
from .timeline import Timeline
