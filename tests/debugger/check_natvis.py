#!/usr/bin/python3
"""Holds a .natvis file against the types of a program with debugging information, as gdb knows them.

    check_natvis.py GDB PROGRAM NATVIS      ends with 1 where the file names what is not there
    check_natvis.py GDB PROGRAM --self-test plants such names, and demands that each is found

Every <Type> must be a type of the program, and every member that its expressions name one of that type, or of what the
member before it points to. What only Visual Studio's library has is said in its own words: _Elems of std::array.

Reading order: members_of, check_expression, check.
"""
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

SPACE = "{http://schemas.microsoft.com/vstudio/debugger/natvis/2010}"
KNOWN = {"Type", "DisplayString", "Expand", "ArrayItems", "ExpandedItem", "Item", "Size", "ValuePointer"}
# Of std::array and std::vector in Visual Studio's library: ends a chain of members.
FOREIGN = {"_Elems", "_Mypair"}
WORDS = {"int", "double", "float", "char", "unsigned", "long", "bool", "__int64", "nullptr"}
FORMATS = r",(?:[a-z]{1,3}|\[[^\]]*\]\w*)$"  # {x,d}


class Program:
    """Types of a program, asked for one after the other."""

    def __init__(self, gdb, program):
        self.command = [gdb, "--batch", "-nx", "-iex", "set debuginfod enabled off", "-ex", "set width 0"]
        self.program = program
        self.known = {}

    def ask(self, *questions):
        command = list(self.command)
        for question in questions:
            command += ["-ex", question]
        return subprocess.run([*command, self.program], capture_output=True, text=True, timeout=120, check=False).stdout

    def members_of(self, name):
        """Member -> its type; None where there is no such type. Those of bases too."""
        name = re.sub(r"\b(const|volatile|struct|class|enum)\b|[*&]", "", name).strip()
        if name not in self.known:
            said = self.ask(f"ptype {name}") or ""
            self.known[name] = self.parsed(said) if said.strip() else None
        return self.known[name]

    def parsed(self, said):
        members = {}
        for base in re.findall(r"(?:public|private|protected) ([\w:<>, ]+?)(?=,|\s*\{)", said.split("\n", 1)[0]):
            members |= self.members_of(base) or {}
        depth = 0
        for line in said.splitlines():
            text = line.strip()
            found = re.fullmatch(r"(?:static )?([\w:<>, ]+?[ *&]+)(\w+)(?:\[\d+\])?(?: : \d+)?;", text)
            if depth == 1 and found:
                members[found.group(2)] = found.group(1)
            depth += text.count("{") - text.count("}")
        return members


def expressions_of(element):
    """(where it stands, expression) of a type's view."""
    for node in element.iter():
        tag = node.tag.removeprefix(SPACE)
        if tag not in KNOWN:
            yield tag, None
        if "Condition" in node.attrib:
            yield f"{tag} Condition", node.attrib["Condition"]
        text = (node.text or "").strip()
        if tag == "DisplayString":
            for piece in re.findall(r"\{([^{}]*)\}", text.replace("{{", "").replace("}}", "")):
                yield tag, re.sub(FORMATS, "", piece)
        elif tag in ("Size", "ValuePointer", "ExpandedItem", "Item") and text:
            yield tag, text


def check_expression(program, name, expression):
    """What is wrong with the names of an expression about a value of that type."""
    wrong = []
    rest = re.sub(r"\b(?:0x[0-9A-Fa-f]+|\d+)\w*", " ", expression)
    # Types and enumerators in words of their own.
    for word in set(re.findall(r"\b[A-Za-z_]\w*(?:::\w+)+", rest)):
        if not re.search(r"= ", program.ask(f"print (int){word}")):
            wrong.append(f"{word} is not there")
        rest = rest.replace(word, " ")
    for path in re.findall(r"[A-Za-z_]\w*(?:(?:\.|->)[A-Za-z_]\w*|\[[^\]]*\])*", rest):
        parts = re.findall(r"(?:^|\.|->)([A-Za-z_]\w*)", path)
        if parts[0] in WORDS:
            continue
        at = name
        for part in parts:
            if part in FOREIGN:
                break
            members = program.members_of(at)
            if members is None or part not in members:
                wrong.append(f"{path}: {at.strip()} has no {part}")
                break
            at = members[part]
    return wrong


def check(program, text):
    """Everything that is wrong with a natvis file."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return [f"no XML: {error}"]
    if root.tag != SPACE + "AutoVisualizer":
        return [f"the root is {root.tag}"]
    wrong = []
    types = root.findall(SPACE + "Type")
    if not types:
        wrong.append("no <Type>")
    for element in types:
        name = element.attrib.get("Name", "")
        if program.members_of(name) is None:
            wrong.append(f"{name}: no such type")
            continue
        for tag, expression in expressions_of(element):
            if expression is None:
                wrong.append(f"{name}: <{tag}> is unknown")
                continue
            wrong += [f"{name}, {tag}: {problem}" for problem in check_expression(program, name, expression)]
    return wrong


def self_test(program):
    """Errors that must be found, and what must not be taken for one."""
    head = f'<AutoVisualizer xmlns="{SPACE[1:-1]}">'
    planted = {
        "no XML": "<AutoVisualizer>",
        "no <Type>": head + "</AutoVisualizer>",
        "no such type": head + '<Type Name="wengert::Nothing"></Type></AutoVisualizer>',
        "has no nothing_": head + '<Type Name="wengert::Scalar"><DisplayString>{nothing_}</DisplayString></Type></AutoVisualizer>',
        "has no gone": head + '<Type Name="wengert::Array"><DisplayString>{header_->gone}</DisplayString></Type></AutoVisualizer>',
        "has no deeper": head + '<Type Name="wengert::Tensor"><DisplayString Condition="elements_.header_->type.shape.deeper == 0">x</DisplayString></Type></AutoVisualizer>',
        "is not there": head + '<Type Name="wengert::Type"><DisplayString Condition="dtype == wengert::Dtype::f128">x</DisplayString></Type></AutoVisualizer>',
        "is unknown": head + '<Type Name="wengert::Type"><Wrong/></Type></AutoVisualizer>',
    }
    failed = 0
    for expected, text in planted.items():
        said = check(program, text)
        if not any(expected in problem for problem in said):
            failed += 1
            print(f"not found: {expected}; said {said}")
    right = head + '<Type Name="wengert::Type"><DisplayString Condition="dtype == wengert::Dtype::f32">{(int)shape.rank_,d}</DisplayString></Type></AutoVisualizer>'
    if said := check(program, right):
        failed += 1
        print(f"found what is not wrong: {said}")
    return failed


def main(gdb, executable, file):
    program = Program(gdb, executable)
    if not program.members_of("wengert::Scalar"):
        print("gdb does not know the types of the program")
        return 77
    if file == "--self-test":
        return 1 if self_test(program) else 0
    with open(file, encoding="utf-8") as stream:
        wrong = check(program, stream.read())
    for problem in wrong:
        print(problem)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
