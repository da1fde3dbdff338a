"""Exchange rates, purchasing power, inflation, incomes: dated tables with source and vintage. See docs/money.md."""
