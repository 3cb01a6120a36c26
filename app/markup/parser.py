"""The Markdown parser as it is set up here: one for each thread, used again and again."""

import threading
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.blockparser import BlockParser
from markdown.blockprocessors import BlockProcessor

from app.markup.inline import use_inline_patterns
from app.markup.marks import Stash


class Heading(BlockProcessor):
    """`# words`, which `blocks.arrange` has put on a line between blank ones."""

    def test(self, parent: Element, block: str) -> bool:
        """Whether the block begins with one to six hashes and a space."""
        return block.startswith("#") and block.lstrip("#")[:1] == " " and len(block) - len(block.lstrip("#")) <= 6

    def run(self, parent: Element, blocks: list[str]) -> None:
        """Make the heading; its level is lowered after sanitising."""
        line, _, rest = blocks.pop(0).partition("\n")
        SubElement(parent, f"h{len(line) - len(line.lstrip('#'))}").text = line.lstrip("#").strip()
        if rest:
            blocks.insert(0, rest)


class Parser(threading.local):
    """A set-up Markdown parser and what one rendering collects beside it."""

    def __init__(self) -> None:
        self.stash = Stash()
        self.elements = self.formulas = self.tags = 0
        self.markdown = Markdown(
            extensions=["sane_lists", "tables"],
            extension_configs={"tables": {"use_align_attribute": True}},
            output_format="html",
        )
        self.markdown.preprocessors.deregister("html_block")
        blocks: BlockParser = self.markdown.parser
        blocks.blockprocessors.deregister("setextheader")
        blocks.blockprocessors.deregister("reference")
        blocks.blockprocessors.register(Heading(blocks), "hashheader", 70)
        use_inline_patterns(self)

    def html(self, text: str, stash: Stash) -> str:
        """Unsanitised HTML of arranged Markdown `text`; may raise RecursionError."""
        self.stash = stash
        self.elements = self.formulas = self.tags = 0
        self.markdown.reset()
        return self.markdown.convert(text)


PARSER = Parser()
