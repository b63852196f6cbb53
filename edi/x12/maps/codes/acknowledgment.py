"""Codes of acknowledgments: 997 and the answers of a seller."""

from __future__ import annotations

CLOSED = """
353 Transaction Set Purpose Code
    00 Original
    01 Cancellation
    02 Add
    03 Delete
    04 Change
    05 Replace
    06 Confirmation
    07 Duplicate
    08 Status
    10 Not found
    11 Response
    12 Not processed
    13 Request
    14 Advance notification
    15 Re-submission
    16 Proposed
    17 Cancel, to be reissued
    18 Reissue
    19 Change initiated by the seller
    20 Final transmission
    21 Transaction on hold
    22 Information copy
    23 Out of stock
    24 Draft
    25 Incremental
    26 Replace specified buyer's parts only
    27 Verify
    28 Query
    30 Renewal
    31 Allowance or addition
    32 Recovery or deletion
    33 Request for payment
    34 Payment declined
    35 Request authority
    36 Authority to deduct (reply)
    37 Authority declined (reply)
    38 No financial value
    39 Response to proposed trip plan
    40 Commitment advice
    41 Corrected and verified
    42 Temporary record
    43 Request permission to service
    44 Rejection
    45 Follow-up
    46 Cancellation with refund
    47 Transfer
    48 Suspended
    49 Original, no response necessary
    50 Register
    51 Historical inquiry
    52 Response to historical inquiry
    53 Completion
    54 Approval
    55 Excavation
    56 Expiration notification
    57 Initial
    58 Test
    59 Resend
    60 Delete all
    61 Replace all
    62 Emergency
    63 Unfilled
    64 Add or replace
    65 Disposition
    77 Simulation exercise
    CN Completion notification
    CO Corrected
    EX Final loading configuration
    GR Granted
    PR Proposed loading configuration
    RH Release hold
    RV Revised loading configuration
    SU Status update
    ZZ Mutually defined
478 Credit/Debit Flag Code
    C Credit
    D Debit
587 Acknowledgment Type
    AC Acknowledged, with detail and change
    AD Acknowledged, with detail, no change
    AE Acknowledged, with exception detail only
    AH Acknowledged, on hold
    AK Acknowledged, no detail or change
    AP Acknowledged, product replenishment
    AT Accepted
    NA No acknowledgment needed
    RD Rejected, with detail
    RF Rejected, with exception detail only
    RJ Rejected, no detail
    RO Rejected, with counter offer
    ZZ Mutually defined
668 Line Item Status Code
    AA Accepted, order forwarded to another supplier location
    AC Accepted and shipped
    AR Accepted and released for shipment
    BP Accepted, partial shipment, balance backordered
    DR Accepted, date rescheduled
    IA Accepted
    IB Backordered
    IC Accepted, changes made
    ID Deleted
    IE Accepted, price pending
    IF On hold, incomplete description
    IH On hold
    IP Accepted, price changed
    IQ Accepted, quantity changed
    IR Rejected
    IS Accepted, substitution made
    IW On hold, waiver required
    R1 Rejected, not a contract item
    R2 Rejected, invalid item or product number
    R3 Rejected, invalid unit of issue
    R4 Rejected, contract item not available
    R5 Rejected, reorder as a just-in-time order
    R6 Rejected, reorder as an extended delivery order
    R7 Rejected, reorder as a drop shipment
    R8 Rejected, reorder as a surge order
    SP Accepted, schedule date pending
715 Functional Group Acknowledge Code
    A Accepted
    E Accepted, but errors were noted
    M Rejected, message authentication code failed
    P Partially accepted, at least one transaction set was rejected
    R Rejected
    W Rejected, assurance failed validity tests
    X Rejected, content could not be analyzed after decryption
717 Transaction Set Acknowledgment Code
    A Accepted
    E Accepted, but errors were noted
    M Rejected, message authentication code failed
    R Rejected
    W Rejected, assurance failed validity tests
    X Rejected, content could not be analyzed after decryption
736 Hierarchical Child Code
    0 No subordinate HL segment
    1 Subordinate HL segments follow
1073 Yes/No Condition or Response Code
    N No
    U Unknown
    W Not applicable
    Y Yes
"""

OPEN = """
716 Functional Group Syntax Error Code
    1 Functional group not supported
    2 Functional group version not supported
    3 Functional group trailer missing
    4 Group control number in header and trailer do not agree
    5 Number of included transaction sets does not match the actual count
    6 Group control number violates syntax
718 Transaction Set Syntax Error Code
    1 Transaction set not supported
    2 Transaction set trailer missing
    3 Transaction set control number in header and trailer do not match
    4 Number of included segments does not match the actual count
    5 One or more segments in error
    6 Missing or invalid transaction set identifier
    7 Missing or invalid transaction set control number
    23 Transaction set control number not unique within the functional group
720 Segment Syntax Error Code
    1 Unrecognized segment id
    2 Unexpected segment
    3 Mandatory segment missing
    4 Loop occurs over the maximum times
    5 Segment exceeds its maximum use
    6 Segment not in the defined transaction set
    7 Segment not in the proper sequence
    8 Segment has data element errors
723 Data Element Syntax Error Code
    1 Mandatory data element missing
    2 Conditional required data element missing
    3 Too many data elements
    4 Data element too short
    5 Data element too long
    6 Invalid character in data element
    7 Invalid code value
    8 Invalid date
    9 Invalid time
    10 Exclusion condition violated
    12 Too many repetitions
    13 Too many components
"""
