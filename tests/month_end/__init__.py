"""The end of a month: thousands of invoices out and more than a thousand payments back, under the allowance of calls
that a company has."""
