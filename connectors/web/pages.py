"""The pages and who may see them."""

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.registers import Registers


def add_pages(
    app: FastAPI, settings: Settings, pool: AsyncEngine, registers: Registers, clock: Clock
) -> None:
    """Adds the pages to the app."""
