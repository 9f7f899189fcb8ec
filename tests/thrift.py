"""Makes thousands of applications in one process cheap: what each would compile anew is compiled once.

Together these halve the time of the whole suite. Nothing here changes what the product does.
"""

import functools

import argon2
from jinja2 import BytecodeCache
from werkzeug.routing import Rule

from agreements.kernel.access import passwords


class TemplatesOfThisProcess(BytecodeCache):
    """Compiled templates, by the hash of their source."""

    def __init__(self):
        self.compiled = {}

    def load_bytecode(self, bucket):
        if (bucket.key, bucket.checksum) in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key, bucket.checksum])

    def dump_bytecode(self, bucket):
        self.compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


TEMPLATES = TemplatesOfThisProcess()
BUILDERS = {}


def begin():
    """Compile an address pattern once, and hash passwords with the least effort that is still argon2id."""
    compile_builder = Rule._compile_builder

    @functools.wraps(compile_builder)
    def compile_once(rule, append_unknown=True):
        pattern = (rule.rule, rule.subdomain, tuple(rule._trace), append_unknown)
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        if pattern not in BUILDERS:
            BUILDERS[pattern] = compile_builder(rule, append_unknown)
        return BUILDERS[pattern]

    Rule._compile_builder = compile_once
    passwords._HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
