"""Pretty-printers of Wengert for gdb: what handles, arrays, shapes and recordings hold, instead of their words.

    (gdb) source /usr/share/wengert/gdb/wengert_gdb.py
    (gdb) print loss
    $1 = 0.25, value 12 of recording 1
    (gdb) print weights
    $2 = f64[2,2] {1, 2, 3, 4}, value 3 of recording 1

They read memory and call nothing of the program, so they work on core files too. `set print elements` bounds how many
elements are shown.
"""
import gdb
import gdb.printing

DTYPES = {0: ("f32", "float"), 1: ("f64", "double"), 2: ("i32", "int"), 3: ("i64", "long"), 4: ("bool", "unsigned char")}
SLOT_BITS = 12  # of a tag, the slot of its recording; the rest counts generations


def limit():
    elements = gdb.parameter("print elements")
    return 200 if elements is None or elements == 0 else int(elements)


def dtype_text(value):
    return DTYPES.get(int(value), (f"dtype {int(value)}", ""))[0]


def extents(shape):
    rank = int(shape["rank_"])
    if rank > 8:
        return None
    data = shape["extents_"]["_M_elems"]
    return [int(data[k]) for k in range(rank)]


def shape_text(shape):
    numbers = extents(shape)
    return "a shape that is no shape" if numbers is None else "[" + ",".join(map(str, numbers)) + "]"


def type_text(value):
    numbers = extents(value["shape"])
    text = dtype_text(value["dtype"])
    return text if numbers == [] else text + shape_text(value["shape"])


def number_text(number):
    text = f"{number:.12g}"
    return text


def owner_text(word):
    """The id and the recording of a handle's word."""
    word = int(word)
    if word == 0:
        return "a constant"
    identity, tag = word & 0xFFFFFFFF, word >> 32
    slot, generation = tag & ((1 << SLOT_BITS) - 1), tag >> SLOT_BITS
    text = f"value {identity} of recording {slot}"
    return text if generation <= 1 else f"{text}, generation {generation}"


def array_text(array):
    header = array["header_"]
    if int(header) == 0:
        return "f64[0] {}"
    fields = header.dereference()
    text = type_text(fields["type"])
    if bool(fields["unknown"]):
        return text + " {?}"
    numbers = extents(fields["type"]["shape"]) or []
    size = 1
    for extent in numbers:
        size *= extent
    uniform = bool(fields["uniform"])
    stored = 1 if uniform else size
    name = DTYPES.get(int(fields["type"]["dtype"]))
    if name is None:
        return text + " {…}"
    elements = fields["elements"].cast(gdb.lookup_type(name[1]).pointer())
    shown = min(stored, limit())
    is_real = name[0].startswith("f")
    texts = []
    for k in range(shown):
        element = elements[k]
        if is_real:
            texts.append(number_text(float(element)))
        elif name[0] == "bool":
            texts.append("true" if int(element) else "false")
        else:
            texts.append(str(int(element)))
    more = " ..." if uniform and size > 1 else ", …" if shown < stored else ""
    return text + " {" + ", ".join(texts) + more + "}"


class Printer:
    def __init__(self, value):
        self.value = value


class DtypePrinter(Printer):
    def to_string(self):
        return dtype_text(self.value)


class ShapePrinter(Printer):
    def to_string(self):
        return shape_text(self.value)


class TypePrinter(Printer):
    def to_string(self):
        return type_text(self.value)


class ScalarPrinter(Printer):
    def to_string(self):
        return f"{number_text(float(self.value['value_']))}, {owner_text(self.value['word_'])}"


class ArrayPrinter(Printer):
    def to_string(self):
        return array_text(self.value)


class TensorPrinter(Printer):
    def to_string(self):
        return f"{array_text(self.value['elements_'])}, {owner_text(self.value['word_'])}"


class RecordingPrinter(Printer):
    def to_string(self):
        # A std::unique_ptr without a deleter of its own is a pointer, in every library.
        holder = self.value["stream_"]
        target = holder.type.strip_typedefs().template_argument(0)
        pointer = holder.address.cast(target.pointer().pointer()).dereference()
        if int(pointer) == 0:
            return "a recording that was moved from"
        word = int(pointer.dereference()["next_word"])
        slot = (word >> 32) & ((1 << SLOT_BITS) - 1)
        return f"recording {slot}, next value {word & 0xFFFFFFFF}"


def printers():
    collection = gdb.printing.RegexpCollectionPrettyPrinter("wengert")
    for name, printer in (("Dtype", DtypePrinter), ("Shape", ShapePrinter), ("Type", TypePrinter),
                          ("Scalar", ScalarPrinter), ("Array", ArrayPrinter), ("Tensor", TensorPrinter),
                          ("Recording", RecordingPrinter)):
        collection.add_printer(name, f"^wengert::{name}$", printer)
    return collection


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)
