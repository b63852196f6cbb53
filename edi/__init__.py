"""EDI: pure X12 library (``edi.x12``), trade documents and what the project stores about trading partners."""
