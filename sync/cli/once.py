"""An option that may be given once: of two configurations click would take the last, and say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.parser import _OptionParser


class Once(click.Option):
    """Given twice, it is a wrong use (exit 2)."""

    def add_to_parser(self, parser: _OptionParser, ctx: click.Context) -> None:
        super().add_to_parser(parser, ctx)
        for option in {id(each): each for each in (*parser._long_opt.values(), *parser._short_opt.values())}.values():
            if option.obj is self:
                self._refuse_a_second(option, ctx)

    def _refuse_a_second(self, option: Any, ctx: click.Context) -> None:
        process = option.process

        def process_once(value: Any, state: Any) -> None:
            if self in state.order:
                name = " / ".join(self.opts)
                raise click.UsageError(f"Option {name} was given twice: give one of the two.", ctx)
            process(value, state)

        option.process = process_once
