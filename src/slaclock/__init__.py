from .calendars import BusinessCalendar, CompositeCalendar, Closure, Revision, SpecialDay, always_open
from .timeline import Timeline
