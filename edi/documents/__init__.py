"""Trade documents as typed values, and their reading and writing as X12 transaction sets.

One module a document holds the value (`purchase_order`, `invoice`, `ship_notice` …); its neighbour `t850`, `t810` …
knows the transaction set of that number: `build` gives the segments or refuses in words, `carried` says what a set can
hold of a document, `read` gives the document with findings and what is left over, so that nothing is lost unseen.
`registry` names them all, `readable` shows any document to people, `rendering` is JSON for partners who take that.
No Django, no clock, no network: values in, values out.
"""
