"""Object storage behind one small interface: folders and S3. Only this package imports boto3."""

from tasks.objects.capabilities import Capabilities, probe, require
from tasks.objects.opening import open_store
from tasks.objects.store import ObjectInfo, ObjectStore, PointerMode, Put

__all__ = ["Capabilities", "ObjectInfo", "ObjectStore", "PointerMode", "Put", "open_store", "probe", "require"]
