"""Traits beyond money and scores, in blocks that are computed where the market's tables carry them."""

from __future__ import annotations

from tasks.traits.blocks.affinity import AFFINITY
from tasks.traits.blocks.behaviour import BEHAVIOUR
from tasks.traits.blocks.business import BUSINESS, COMPANY, ROLE
from tasks.traits.blocks.lifestyle import LIFESTYLE
from tasks.traits.blocks.people import CULTURE, DEMOGRAPHY, PLACE
from tasks.traits.blocks.relations import ATTITUDE, CAMPAIGNS, LOYALTY, ONLINE, USAGE
from tasks.traits.blocks.setting import Block, Setting, filled

__all__ = ["BLOCKS", "Block", "Setting", "filled"]

BLOCKS: tuple[Block, ...] = (
    DEMOGRAPHY,
    PLACE,
    CULTURE,
    BEHAVIOUR,
    AFFINITY,
    ONLINE,
    LOYALTY,
    CAMPAIGNS,
    ATTITUDE,
    LIFESTYLE,
    USAGE,
    COMPANY,
    BUSINESS,
    ROLE,
)
