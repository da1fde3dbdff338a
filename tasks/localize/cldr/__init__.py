"""CLDR 47 as far as the formatter needs it, distilled: see NOTICE and distill.py."""
