"""Segments of D.96A that trade documents use, and the service segments: elements with their formats.

``3035!:an3`` is a mandatory element of up to three letters or digits, ``*5`` says that it may stand five times.
"""

from __future__ import annotations

_LIST = "1131:an3 3055:an3"
_ITEM = f"C212(7140:an35 7143:an3 {_LIST})"
_REASON = "S011(0098:n3 0104:n3)"

SEGMENTS = f"""
UNB (Interchange header): S001!(0001!:a4 0002!:n1) S002!(0004!:an35 0007:an4 0008:an14) \
    S003!(0010!:an35 0007:an4 0014:an14) S004!(0017!:n8 0019!:n4) 0020!:an14 S005(0022:an14 0025:an2) 0026:an14 \
    0029:a1 0031:n1 0032:an35 0035:n1
UNZ (Interchange trailer): 0036!:n6 0020!:an14
UNH (Message header): 0062!:an14 S009!(0065!:an6 0052!:an3 0054!:an3 0051!:an2 0057:an6) 0068:an35 S010(0070:n2 0073:a1)
UNT (Message trailer): 0074!:n6 0062!:an14
UNS (Section control): 0081!:a1
BGM (Beginning of message): C002(1001:an3 {_LIST} 1000:an35) 1004:an35 1225:an3 4343:an3
DTM (Date or time): C507!(2005!:an3 2380:an35 2379:an3)
FTX (Free text): 4451!:an3 4453:an3 C107(4441!:an3 {_LIST}) C108(4440!*5:an70) 3453:an3
RFF (Reference): C506!(1153!:an3 1154:an35 1156:an6 4000:an35)
NAD (Name and address): 3035!:an3 C082(3039!:an17 {_LIST}) C058(3124!*5:an35) C080(3036!*5:an35 3045:an3) \
    C059(3042!*3:an35) 3164:an35 3229:an9 3251:an9 3207:an3
CTA (Contact): 3139:an3 C056(3413:an17 3412:an35)
COM (Communication): C076!(3148!:an512 3155!:an3)
TAX (Duty, tax or fee): 5283!:an3 C241(5153:an3 {_LIST} 5152:an35) C533(5289!:an6 {_LIST}) 5286:an15 \
    C243(5279:an7 {_LIST} 5278:an17 5273:an12 1131:an3 3055:an3) 5305:an3 3446:an20
MOA (Monetary amount): C516!(5025!:an3 5004:n18 6345:an3 6343:an3 4405:an3)
CUX (Currencies): C504*2(6347!:an3 6345:an3 6343:an3 6348:n4) 5402:n12 6341:an3
PAT (Payment terms): 4279!:an3 C110(4277!:an17 {_LIST} 4276*2:an35) C112(2475!:an3 2009:an3 2151:an3 2152:n3)
PCD (Percentage): C501!(5245!:an3 5482:n10 5249:an3 {_LIST})
TDT (Transport): 8051!:an3 8028:an17 C220(8067:an3 8066:an17) C228(8179:an8 8178:an17) \
    C040(3127:an17 {_LIST} 3128:an35) 8101:an3 C401(8457!:an3 8459!:an3 7130:an17) \
    C222(8213:an9 {_LIST} 8212:an35 8453:an3) 8281:an3
EQD (Equipment): 8053!:an3 C237(8260:an17 {_LIST} 3207:an3) C224(8155:an4 {_LIST} 8154:an35) 8077:an3 8249:an3 8169:an3
TOD (Terms of delivery): 4055:an3 4215:an3 C100(4053:an3 {_LIST} 4052*2:an70)
LOC (Place): 3227!:an3 C517(3225:an25 {_LIST} 3224:an70) C519(3223:an25 {_LIST} 3222:an70) \
    C553(3233:an25 {_LIST} 3232:an70) 5479:an3
PAC (Package): 7224:n8 C531(7075:an3 7233:an3 7073:an3) C202(7065:an17 {_LIST} 7064:an35) \
    C402(7077!:an3 7064!:an35 7143:an3 7064:an35 7143:an3) C532(8395:an3 8393:an3)
CPS (Consignment packing): 7164!:an12 7166:an12 7075:an3
PCI (Package marks): 4233:an3 C210(7102!*10:an35) 8275:an3 C827(7511!:an3 {_LIST})
GIN (Identity numbers): 7405!:an3 C208!(7402!*2:an35) C208*4(7402!*2:an35)
MEA (Measurement): 6311!:an3 C502(6313:an3 6321:an3 6155:an3 6154:an70) \
    C174(6411!:an3 6314:n18 6162:n18 6152:n18 6432:n2) 7383:an3
ALC (Allowance or charge): 5463!:an3 C552(1230:an35 5189:an3) 4471:an3 1227:an3 C214(7161:an3 {_LIST} 7160*2:an35)
LIN (Line): 1082:n6 1229:an3 {_ITEM} C829(5495:an3 1082:n6) 1222:n2 7083:an3
PIA (Further product numbers): 4347!:an3 C212!(7140:an35 7143:an3 {_LIST}) C212*4(7140:an35 7143:an3 {_LIST})
IMD (Description of item): 7077:an3 7081:an3 C273(7009:an17 {_LIST} 7008*2:an35 3453:an3) 7383:an3
QTY (Quantity): C186!(6063!:an3 6060!:n15 6411:an3)
PRI (Price): C509(5125!:an3 5118:n15 5375:an3 5387:an3 5284:n9 6411:an3) 5213:an3
CNT (Control total): C270!(6069!:an3 6066!:n18 6411:an3)
UCI (Interchange response): 0020!:an14 S002!(0004!:an35 0007:an4 0008:an14) S003!(0010!:an35 0007:an4 0014:an14) \
    0083!:an1 0085:an2 0013:a3 {_REASON}
UCM (Message response): 0062!:an14 S009!(0065!:an6 0052!:an3 0054!:an3 0051!:an2 0057:an6) 0083!:an1 0085:an2 0013:a3 \
    {_REASON}
UCS (Segment error): 0096!:n6 0085:an2
UCD (Element error): 0085!:an2 S011!(0098!:n3 0104:n3)
"""
