"""The control segments, which are the same for every version: only pyx12 maps need them as a description.

Our own check of the envelope is ``edi.x12.envelope``, which knows the real code lists of ISA05, ISA07 and GS01.
"""

from __future__ import annotations

CONTROL_ELEMENTS = """
I01 ID 2/2 Authorization Information Qualifier
I02 AN 10/10 Authorization Information
I03 ID 2/2 Security Information Qualifier
I04 AN 10/10 Security Information
I05 ID 2/2 Interchange ID Qualifier
I06 AN 15/15 Interchange Sender ID
I07 AN 15/15 Interchange Receiver ID
I08 DT 6/6 Interchange Date
I09 TM 4/4 Interchange Time
I10 ID 1/1 Interchange Control Standards Identifier or Repetition Separator
I11 ID 5/5 Interchange Control Version Number
I12 N0 9/9 Interchange Control Number
I13 ID 1/1 Acknowledgment Requested
I14 ID 1/1 Usage Indicator
I15 AN 1/1 Component Element Separator
I16 N0 1/5 Number of Included Functional Groups
I17 ID 1/1 Interchange Acknowledgment Code
I18 ID 3/3 Interchange Note Code
28 N0 1/9 Group Control Number
97 N0 1/6 Number of Transaction Sets Included
124 AN 2/15 Application Receiver's Code
142 AN 2/15 Application Sender's Code
337 TM 4/8 Time
373 DT 8/8 Date
455 ID 1/2 Responsible Agency Code
479 ID 2/2 Functional Identifier Code
480 AN 1/12 Version / Release / Industry Identifier Code
"""

CONTROL_SEGMENTS = """
ISA Interchange Control Header
    I01! I02! I03! I04! I05! I06! I05! I07! I08! I09! I10! I11! I12! I13! I14! I15!
GS Functional Group Header
    479! 142! 124! 373! 337! 28! 455! 480!
GE Functional Group Trailer
    97! 28!
TA1 Interchange Acknowledgment
    I12! I08! I09! I17! I18!
IEA Interchange Control Trailer
    I16! I12!
"""
