"""Make the buckets that are not there yet: `python buckets.py landing published work`, for the compose example."""

from __future__ import annotations

import sys

from botocore.exceptions import ClientError, EndpointConnectionError

from flows.running.cancelling import pause
from tasks.objects.s3 import client
from tasks.objects.s3_settings import S3Settings

#: A store that has just been started answers after some seconds.
TRIES = 30


def main(names: list[str]) -> int:
    """Exit code 0 once all buckets are there, whoever made them; 1 where the store does not answer in a minute."""
    s3 = client(S3Settings.from_env())
    for _ in range(TRIES):
        try:
            there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
            for name in names:
                if name not in there:
                    s3.create_bucket(Bucket=name)
        except EndpointConnectionError:
            pause(2)
        except ClientError as error:
            sys.stderr.write(f"the store refuses: {error}\n")
            return 1
        else:
            return 0
    sys.stderr.write("the store does not answer\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
