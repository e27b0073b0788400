const words = (text: string): string[] => text.trim().split(/\s+/);

/** The modules of Python itself in every version from 3.11 to 3.13. Source: `sys.stdlib_module_names`. */
const standard = words(`
  __future__ abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 calendar cmath cmd code codecs codeop
  collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg csv ctypes dataclasses datetime dbm
  decimal difflib dis email encodings enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc getopt
  getpass gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib importlib inspect io ipaddress itertools json keyword
  linecache locale logging lzma mailbox marshal math mimetypes mmap multiprocessing netrc numbers operator optparse os pathlib pdb
  pickle pickletools pkgutil platform plistlib poplib posixpath pprint profile pstats pty pwd py_compile queue quopri random re
  readline reprlib resource runpy sched secrets select selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3
  ssl stat statistics string stringprep struct subprocess symtable sys sysconfig syslog tarfile tempfile termios textwrap threading
  time timeit token tokenize tomllib trace traceback tracemalloc tty types typing unicodedata unittest urllib uuid venv warnings wave
  weakref webbrowser wsgiref xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
`);

/** What LiteLLM 1.77.1 and 1.106.2 install with themselves (`litellm[proxy]`), as scripts import it. */
const ofLiteLLM = words(`
  aiohttp anyio apscheduler backoff boto3 botocore certifi click cryptography dateutil dotenv fastapi httpcore httpx jinja2 jsonschema
  jwt litellm mcp openai orjson packaging pydantic pydantic_core pydantic_settings redis requests rich sse_starlette starlette tiktoken
  tqdm typing_extensions urllib3 uvicorn websockets yaml
`);

/** Modules that a script finds where LiteLLM runs, whatever else is installed. */
export const presentModules: ReadonlySet<string> = new Set([...standard, ...ofLiteLLM]);

/** Modules that have another name than their package on PyPI. */
const packageOf: Readonly<Record<string, string>> = {
  bs4: "beautifulsoup4",
  cv2: "opencv-python",
  dateutil: "python-dateutil",
  dotenv: "python-dotenv",
  jwt: "pyjwt",
  pil: "pillow",
  psycopg2: "psycopg2-binary",
  sklearn: "scikit-learn",
  yaml: "pyyaml",
};

/** Whether a package of PyPI has a module, by its name. */
export function hasModule(packageName: string, module: string): boolean {
  const own = normalized(packageName.replace(/\[.*$/, ""));
  return own === normalized(module) || own === packageOf[module.toLowerCase()];
}

/** PyPI's names are the same with each of `-`, `_` and `.` (PEP 503). */
function normalized(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

/** The first names of the modules that a script imports, wherever it does so. Texts of several lines are left out. */
export function importedModules(script: string): string[] {
  const code = script.replaceAll(/("""|''')[\s\S]*?\1/g, "");
  const found = [...code.matchAll(/^[ \t]*(?:import[ \t]+([^#\n;]+)|from[ \t]+(\w[\w.]*)[ \t]+import\b)/gm)];
  const names = found.flatMap(([, imported, from]) => from ?? (imported ?? "").split(","));
  return [...new Set(names.map((name) => /^\s*(\w+)/.exec(name)?.[1] ?? "").filter((name) => name !== ""))];
}
