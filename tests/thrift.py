"""Makes thousands of applications in one process cheap: what each would compile anew is compiled once.

Together these save more than half of the whole suite's time. Nothing here changes what the product does.
"""

import functools
import gc
import os
import shutil
from pathlib import Path

import argon2
from flask_sqlalchemy import SQLAlchemy
from jinja2 import BytecodeCache
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from agreements.intake.formats import confined
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
PATTERNS = {}  # an address pattern and its converters -> what compiling it yields
DIALECTS = {}  # driver -> the dialect and the compiled statements of every engine with that driver
STATEMENTS = 2_000  # bounds the memory that they take
GARBAGE = (20_000, 20, 20)  # each application leaves some 10,000 objects in cycles; the default looks every 700
IN_MEMORY = Path("/dev/shm")  # where syncing costs nothing
IN_MEMORY_BYTES = 4 * 2**30  # a container often has 64 MB there, which a failed run's folders would fill


def begin():
    """Compile patterns and statements once, and hash passwords with the least effort that is still argon2id."""
    Rule.compile = once_for_all_maps(Rule.compile)
    SQLAlchemy._make_engine = with_shared_statements(SQLAlchemy._make_engine)
    passwords._HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    confined.READING_SECONDS = 60  # of waiting: a busy machine is no fault; the reader's own bound stays
    gc.set_threshold(*GARBAGE)
    gc.freeze()  # what is imported by now stays: nobody need look through it again
    if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > IN_MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))  # `tmp_path` and with it every test's database


def once_for_all_maps(compile_rule):
    @functools.wraps(compile_rule)
    def compile_once(rule):
        if rule.defaults or rule.map.host_matching:
            return compile_rule(rule)
        pattern = (rule.rule, rule.subdomain, rule.merge_slashes, tuple(sorted(rule.map.converters.items(), key=str)))
        if pattern not in PATTERNS:
            compile_rule(rule)
            PATTERNS[pattern] = rule
            return None
        like = PATTERNS[pattern]
        rule._parts, rule._trace, rule._converters = list(like._parts), list(like._trace), dict(like._converters)
        rule.arguments |= like.arguments
        rule._build = like._build.__func__.__get__(rule, None)
        rule._build_unknown = like._build_unknown.__func__.__get__(rule, None)
        return None

    return compile_once


def with_shared_statements(make_engine):
    @functools.wraps(make_engine)
    def make(extension, bind_key, options, app):
        engine = make_engine(extension, bind_key, options, app)
        known, statements = DIALECTS.get(engine.driver, (None, None))
        if known is None or known.server_version_info is None:  # nothing connected by it: it knows no server
            DIALECTS[engine.driver] = (engine.dialect, LRUCache(STATEMENTS))
        else:
            engine.dialect, engine._compiled_cache = known, statements
        return engine

    return make
