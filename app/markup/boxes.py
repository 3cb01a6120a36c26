"""Boxes that scroll by themselves: the keyboard reaches them, and they have names.

What is rendered is kept whatever language the page is in, so a box only refers to its name: the page that it stands
in holds the words, hidden, under these ids. They are groups and no landmarks: a page may have fifty of them.
"""

CODE_NAME, TABLE_NAME = "word-code", "word-table"
"""The ids of the words "Code" and "Table" on every page."""

CODE = f'<pre class="code" tabindex="0" role="group" aria-labelledby="{CODE_NAME}">'
UNREAD = f'<pre class="code unread" tabindex="0" role="group" aria-labelledby="{CODE_NAME}">'
TABLE = f'<div class="table" tabindex="0" role="group" aria-labelledby="{TABLE_NAME}">'
