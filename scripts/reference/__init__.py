"""Rebuilds the reference data in ``app/*/data`` from pinned public packages and hand-kept tables.

From the top folder, in this order (later ones read what earlier ones wrote)::

    python -m scripts.reference.countries
    python -m scripts.reference.locales
    python -m scripts.reference.groups
    python -m scripts.reference.worldmap
    python -m scripts.reference.demo

``countries`` and ``locales`` need ``pip install babel==2.18.0``, which is not a dependency of the
product; ``countries`` and ``worldmap`` fetch packages with pip and npm into ``var/reference`` once.
A second run gives the same bytes.
"""
