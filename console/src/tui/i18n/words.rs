//! Every string of the console, English beside Korean.
//!
//! `{names}` are figures. Korean is phrased so that no particle depends on
//! one. English stays within ASCII: it must show on any terminal.

macro_rules! texts {
    ($($name:ident: $english:literal, $korean:literal;)+) => {
        /// The name of a string.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Text { $($name),+ }

        impl Text {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            /// English and Korean.
            pub(super) const fn both(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($english, $korean)),+ }
            }
        }
    };
}

texts! {
    // Units.
    UnitMs: "{n} ms", "{n} ms";
    UnitSecond: "{n} s", "{n}초";
    UnitMinute: "{n} min", "{n}분";
    UnitHour: "{n} h", "{n}시간";
    UnitDay: "{n} d", "{n}일";
    AgeNow: "now", "방금";
    AgeSeconds: "{n}s", "{n}초";
    AgeMinutes: "{n}m", "{n}분";
    AgeHours: "{n}h", "{n}시간";
    AgeDays: "{n}d", "{n}일";
    Money: "{won} won", "{won}원";

    // Frame.
    Product: "Rental desk", "렌탈 데스크";
    ReadOnly: "READ ONLY", "읽기 전용";
    Live: "LIVE", "LIVE";
    Stale: "STALE {age}", "{age} 지난 화면";
    Connecting: "CONNECTING", "연결 중";
    Frozen: "FROZEN +{n}", "고정 +{n}";
    Behind: "behind {n}", "{n}건 밀림";
    TabRentals: "Rentals", "렌탈";
    TabStock: "Stock", "재고";
    TabEvents: "Events", "이벤트";
    TabWorkers: "Workers", "작업자";
    TabJournal: "Journal", "작업 기록";
    Place: "{n} of {total}", "{total}건 중 {n}";
    Loading: "loading", "불러오는 중";
    HereOnly: "in this window", "화면에 있는 것만";

    // What is wrong with the picture, and what still works.
    BrokerDown: "No broker. The picture is old; reconnecting by itself.", "브로커에 연결되어 있지 않습니다. 지난 화면이며, 자동으로 다시 연결합니다.";
    BrokerFirst: "Waiting for the broker at {url}. Connects by itself.", "브로커({url})를 기다립니다. 자동으로 연결합니다.";
    ViewDown: "totalView does not answer: rows come from live events; renting and cancelling still work.", "통합조회가 응답하지 않습니다. 실시간 이벤트로 표시하며, 신청과 취소는 됩니다.";
    TailBroken: "Live events from {contexts} are interrupted; trying again.", "{contexts} 실시간 이벤트가 끊겨 다시 연결하는 중입니다.";
    NoRentals: "No rentals yet. Press n for the first.", "아직 렌탈이 없습니다. n 키로 신청하세요.";
    NoRentalsReadOnly: "No rentals yet.", "아직 렌탈이 없습니다.";
    EmptyLoading: "Loading the rentals...", "렌탈을 불러오는 중입니다...";
    EmptyOffline: "Nothing to show until the broker is there.", "브로커에 연결되면 표시합니다.";

    // Table heads.
    HeadOrder: "Order", "주문";
    HeadStatus: "Status", "상태";
    HeadProduct: "Product", "상품";
    HeadQty: "Qty", "수량";
    HeadAmount: "Amount", "금액";
    HeadPayment: "Payment", "결제";
    HeadDelivery: "Delivery", "배송";
    HeadAge: "Age", "경과";
    HeadEvent: "Last event", "최근 이벤트";
    HeadNumber: "Number", "번호";
    HeadTime: "Time", "시각";
    HeadAfter: "After", "간격";
    HeadWhat: "Event", "이벤트";
    HeadCause: "Because of", "원인";
    HeadActor: "By", "담당";

    // Statuses.
    StatusRequested: "requested", "신청됨";
    StatusPaid: "paid", "결제됨";
    StatusActive: "active", "대여 중";
    StatusCancelling: "cancelling", "취소 중";
    StatusCancelled: "cancelled", "취소됨";
    StatusShort: "short", "재고 부족";
    StatusShortCancelled: "no stock", "부족 취소";
    StatusEnding: "returning", "반납 중";
    StatusEnded: "ended", "반납됨";

    // Payment and delivery.
    PaymentWaiting: "waiting", "대기";
    PaymentCharged: "charged", "결제됨";
    PaymentDeclined: "declined", "거절됨";
    PaymentRefunded: "refunded", "환불됨";
    DeliveryWaiting: "waiting", "대기";
    DeliveryOut: "out", "배송됨";
    DeliveryReturning: "returning", "회수 중";
    DeliveryBack: "back", "회수됨";
    DeliveryCalledOff: "called off", "배송 취소";

    // Events.
    EventProductRegistered: "product registered", "상품 등록";
    EventStockAdjusted: "stock adjusted", "재고 조정";
    EventRentalRequested: "rental requested", "렌탈 신청";
    EventStockReserved: "stock reserved", "재고 확보";
    EventChargeRequested: "charge requested", "결제 요청";
    EventFeeReceived: "fee received", "결제 완료";
    EventFeeDeclined: "fee declined", "결제 거절";
    EventDeliveryStarted: "delivery started", "배송 출발";
    EventRentalCancelled: "rental cancelled", "렌탈 취소";
    EventStockShort: "stock short", "재고 부족";
    EventStockSkipped: "stock not needed", "재고 불필요";
    EventRentalEnded: "rental ended", "렌탈 종료";
    EventFeeRefunded: "fee refunded", "환불 완료";
    EventRetrievalStarted: "retrieval started", "회수 출발";
    EventStockReleased: "stock released", "재고 해제";
    EventItemsReturned: "items returned", "재고 복귀";

    // Contexts.
    ContextOrder: "order", "주문";
    ContextInventory: "inventory", "재고";
    ContextBilling: "billing", "결제";
    ContextLogistics: "logistics", "배송";
    ContextTotalview: "totalview", "통합조회";

    // Order screen.
    OrderTitle: "Order {order}", "주문 {order}";
    FieldRequested: "Requested", "신청 시각";
    FieldLast: "Last event", "최근 이벤트";
    FieldReason: "Reason", "사유";
    StepRequest: "request", "신청";
    StepStock: "stock", "재고";
    StepPayment: "payment", "결제";
    StepDelivery: "delivery", "배송";
    StepCancel: "cancel", "취소";
    StepShortage: "shortage", "재고 부족";
    StepEnd: "end", "종료";
    StepRefund: "refund", "환불";
    StepRetrieval: "retrieval", "회수";
    StepBack: "back in stock", "재고 복귀";
    WaitsFor: "Waits: {context} has not answered for {age}.", "대기: {context} 쪽 응답이 {age}째 없습니다.";
    WaitsNothing: "Waits for nothing.", "기다리는 단계가 없습니다.";
    ServiceSilent: "Asked just now: {why}.", "방금 확인: {why}.";
    ServiceBehind: "It runs, {n} events behind.", "실행 중이며 {n}건 밀려 있습니다.";
    ServiceParked: "It runs, {n} parked messages wait for staff.", "실행 중이며 보류된 메시지 {n}건이 처리를 기다립니다.";
    ServiceBusy: "It runs and is not behind.", "실행 중이며 밀린 일은 없습니다.";
    TimelinePartial: "Older events could not be read ({why}); these are what this console saw.", "이전 이벤트를 읽지 못했습니다({why}). 이 화면이 본 것만 표시합니다.";
    TimelineEmpty: "No events read yet.", "아직 읽은 이벤트가 없습니다.";

    // Events.
    EventsNone: "Nothing has happened since this console was opened.", "콘솔을 연 뒤로 일어난 일이 없습니다.";
    EventsFollowing: "following", "따라가는 중";
    EventsPaused: "paused, +{n} new", "멈춤, 새 이벤트 +{n}";
    Filter: "Filter", "찾기";
    FilterKeep: "keep", "유지";
    FilterClear: "clear", "지우기";
    FilterFindsNothing: "Nothing matches the filter. Esc clears it.", "조건에 맞는 것이 없습니다. Esc 키로 지웁니다.";
    FilterMistake: "Filter, character {at}: {why}", "조건 {at}번째 글자: {why}";
    FilterNeedsWord: "a word must follow !", "! 뒤에 낱말이 필요합니다";
    FilterNeedsSign: "one of = != < <= > >= is expected", "= != < <= > >= 가운데 하나가 필요합니다";
    FilterNeedsEqual: "only = or != can be used here", "여기에는 = 또는 != 만 쓸 수 있습니다";
    FilterNeedsNumber: "a number is expected", "숫자가 필요합니다";
    FilterNeedsStatus: "no such status; try active, paid, cancelled", "없는 상태입니다. 예: 대여중, 결제됨, 취소됨";
    FilterNeedsAge: "an age like 90s, 5m, 2h, 3d is expected", "90초, 5분, 2시간, 3일 같은 시간이 필요합니다";
    FilterNeedsName: "fields are status qty amount order age product", "항목은 상태 수량 금액 주문 경과 상품입니다";
    FilterShows: "filtered", "조건 적용";
    SortTitle: "Sort by", "정렬 기준";
    HeadDetails: "Details", "내용";
    CountOf: "{n} units", "{n}개";
    ReturnedOf: "{down} down, {lost} lost", "고장 {down}, 분실 {lost}";
    PlaceOutside: "outside", "외부";

    // Workers.
    HeadContext: "Context", "서비스";
    HeadState: "State", "상태";
    HeadVersion: "Version", "버전";
    HeadUptime: "Up for", "가동";
    HeadJournal: "Journal", "저널";
    HeadShipped: "Shipped", "전송";
    HeadParked: "Parked", "보류";
    HeadHandled: "Handled", "처리";
    HeadSign: "Seen", "응답";
    HeadHears: "Heard (behind)", "수신 (밀림)";
    HeadItem: "Item", "항목";
    HeadMessage: "Message", "메시지";
    HeadTried: "Tried", "시도";
    HeadReason: "Reason", "이유";
    HeadSubject: "Subject", "주제";
    PhaseDown: "DOWN", "중단";
    PhaseAsked: "asked", "확인 중";
    PhaseStarting: "starting", "시작 중";
    PhaseCatchingUp: "catch-up", "따라잡는 중";
    PhaseRebuilding: "rebuilding", "복구 중";
    PhaseServing: "serving", "정상";
    PhaseStopping: "stopping", "종료 중";
    WorkersServe: "{n} of {total} serve", "{total}곳 중 {n}곳 정상";
    ParkedCount: "{n} parked", "보류 {n}건";
    ParkedNone: "Nothing is parked.", "보류된 메시지가 없습니다.";
    Trouble: "{context}: {what}", "{context} 서비스: {what}";
    RawTitle: "Item {id} of {context}", "{context} 서비스의 보류 항목 {id}";
    RawMore: "and {n} more bytes", "이후 {n}바이트 더";
    DropTitle: "Drop item {id} of {context}?", "{context} 항목 {id}: 버릴까요?";
    DropAsk: "It is given up for good: the message is never handled.", "되돌릴 수 없습니다. 이 메시지는 처리되지 않습니다.";
    YesDrop: "yes, drop it", "예, 버립니다";

    // Journal.
    HeadWho: "Who", "담당";
    HeadAsked: "What", "한 일";
    HeadResult: "Result", "결과";
    DeedSettle: "settle the fee of order {order}", "주문 {order} 결제 결과 처리";
    DeedOther: "{endpoint} {body}", "{endpoint} {body}";
    ResultAccepted: "accepted #{event}", "접수 {event}번";
    ResultAlready: "already #{event}", "이미 {event}번";
    ResultNothing: "accepted", "접수";
    ResultRefused: "refused: {why}", "거절: {why}";
    ResultHandled: "handled", "처리됨";
    ResultStillFails: "still fails: {why}", "여전히 실패: {why}";
    ResultDropped: "dropped: {why}", "버림: {why}";
    ResultSent: "sent, waiting", "보냄, 응답 대기";
    ResultUnsure: "no answer: {key} asks again", "응답 없음: {key} 키로 다시 확인";
    JournalNone: "Nobody has asked for anything yet.", "아직 기록된 작업이 없습니다.";
    JournalLoading: "Reading the journals...", "작업 기록을 읽는 중입니다...";
    JournalSilent: "{context} does not answer: its entries are missing here.", "{context} 서비스가 응답하지 않아 해당 기록이 빠져 있습니다.";
    JournalCount: "{n} shown of {total}", "{total}건 중 {n}건 표시";
    JournalWhole: "all read", "모두 읽음";
    JournalMore: "older ones follow when you scroll", "아래로 내리면 이전 기록을 읽습니다";
    EntryTitle: "Command {number} of {context}", "{context} 서비스의 작업 {number}번";
    EntryNoOrder: "This command is not about one order.", "주문 하나에 대한 작업이 아닙니다.";
    EntryRestored: "Read back from the stream after the data file was lost; the fields are its event's.", "데이터 파일을 잃은 뒤 스트림에서 되읽은 기록이며, 내용은 이벤트의 것입니다.";
    FieldWhen: "When", "시각";
    FieldRequestId: "Request id", "요청 번호";
    FieldEvent: "Event", "이벤트";
    FieldBody: "Request", "요청 내용";
    FieldCode: "Code", "코드";

    // The program's own log.
    LogTitle: "log of this program", "프로그램 로그";
    LogEmpty: "Nothing was logged.", "로그가 없습니다.";
    LogWarnings: "{key} {n} warnings", "{key} 경고 {n}건";
    LogCopied: "The lines shown were copied.", "보이는 줄을 복사했습니다.";

    // New rental.
    FormTitle: "New rental", "새 렌탈";
    FieldOrderId: "Order id", "주문 번호";
    FieldProduct: "Product", "상품";
    FieldQty: "Quantity", "수량";
    FieldAmount: "Total fee", "총 요금";
    HintOrderId: "empty: the next free one", "비우면 다음 번호";
    HintProduct: "id or name", "번호 또는 이름";
    HintWon: "won", "원";
    StockAsking: "asking inventory...", "재고 확인 중...";
    StockEnough: "{n} available", "{n}개 가능";
    StockShortBy: "only {n} available", "{n}개만 가능";
    StockUnknown: "inventory does not answer: requests are refused until it is back", "재고 서비스가 응답하지 않아 복구될 때까지 신청이 거절됩니다";
    StockNoProduct: "no such product", "없는 상품입니다";
    NeedProduct: "choose a product", "상품을 고르세요";
    NeedQty: "quantity: a whole number from 1", "수량은 1 이상의 정수입니다";
    NeedAmount: "total fee: whole won, 0 or more", "총 요금은 0 이상의 정수(원)입니다";
    NeedOrderId: "order id: a whole number from 1, or empty", "주문 번호는 1 이상의 정수이거나 비워 둡니다";
    NeedBroker: "no broker: nothing can be sent now", "브로커 연결이 없어 지금은 보낼 수 없습니다";
    FormReady: "Enter sends the request", "Enter 키로 신청합니다";
    FormSending: "sent, waiting for the answer...", "보냈습니다. 응답을 기다립니다...";
    FormShort: "Only {available} of {asked} are available.", "요청 {asked}개 중 {available}개만 가능합니다.";
    FormAnyway: "Sent anyway, the order is taken and the fee charged; when inventory finds the stock short, the order is cancelled by itself, the fee refunded and the goods called back.", "그래도 보내면 주문이 접수되고 결제됩니다. 재고가 부족하면 주문은 자동으로 취소되고, 환불과 회수가 뒤따릅니다.";
    FormAnywayKeys: "y sends it anyway, Esc changes it", "y 그래도 보내기, Esc 고치기";

    // Stock.
    HeadOwned: "Owned", "보유";
    HeadAvailable: "Available", "대여 가능";
    HeadHeld: "Held", "확보";
    HeadOut: "Out", "대여 중";
    HeadReturning: "Returning", "회수 중";
    HeadDown: "Down", "고장";
    HeadLost: "Lost", "분실";
    StockProducts: "{n} products", "상품 {n}종";
    StockOld: "Inventory does not answer: these figures are {age} old.", "재고 서비스가 응답하지 않습니다. {age} 지난 수치입니다.";
    StockNone: "No products yet. Press n for the first.", "아직 상품이 없습니다. n 키로 등록하세요.";
    StockUnread: "Asking inventory for the products...", "재고 서비스에서 상품을 읽는 중입니다...";
    RegisterTitle: "Register a product", "상품 등록";
    AdjustTitle: "Correct the stock of {product}", "{product} 재고 조정";
    CheckInTitle: "Check in what an order brought back", "반납품 입고 확인";
    FieldName: "Name", "이름";
    FieldUnits: "Units", "개수";
    FieldProductId: "Product id", "상품 번호";
    FieldChange: "Change", "내용";
    HintNone: "empty: none", "비우면 0";
    HintReason: "kept with it", "함께 기록됩니다";
    HintChange: "{up} {down} choose", "{up} {down} 선택";
    UnitsThere: "{n} there now", "현재 {n}개";
    ChangeBought: "bought: + available", "입고: 대여 가능 +";
    ChangeGone: "sold or gone: - available", "처분: 대여 가능 -";
    ChangeBroke: "available -> down", "대여 가능 -> 고장";
    ChangeMended: "down -> available", "고장 -> 대여 가능";
    ChangeMissing: "available -> lost", "대여 가능 -> 분실";
    ChangeFound: "lost -> available", "분실 -> 대여 가능";
    ChangeBrokenLost: "down -> lost", "고장 -> 분실";
    ChangeFoundBroken: "lost -> down", "분실 -> 고장";
    NeedName: "name: 1 to 100 characters", "이름은 1~100자입니다";
    NeedCount: "units: a whole number, 0 or more", "개수는 0 이상의 정수입니다";
    NeedProductId: "product id: a whole number from 1, or empty", "상품 번호는 1 이상의 정수이거나 비워 둡니다";
    NeedReason: "a reason is needed", "사유를 적으세요";
    NeedOrder: "order id: a whole number from 1", "주문 번호는 1 이상의 정수입니다";
    SheetReady: "Enter sends it", "Enter 키로 보냅니다";

    // Confirmations.
    CancelTitle: "Cancel order {order}?", "주문 {order}: 취소할까요?";
    EndTitle: "End the rental of order {order}?", "주문 {order}: 렌탈을 끝낼까요?";
    QuitTitle: "Leave the console?", "콘솔을 닫을까요?";
    QuitBody: "The rentals go on without it.", "렌탈은 그대로 진행됩니다.";
    Consequences: "What follows:", "뒤따르는 일:";
    WillRefund: "refund of {won}", "{won} 환불";
    WillRefundNothing: "no refund: nothing was charged yet", "환불 없음: 아직 결제되지 않았습니다";
    WillRefundUnknown: "refund of what was charged", "결제된 금액 환불";
    WillRetrieve: "the goods are called back from the customer", "고객에게서 물품을 회수합니다";
    WillCallOff: "the delivery is called off", "배송을 취소합니다";
    WillStock: "stock of {product} +{qty}, once the goods are back", "회수되면 {product} 재고 +{qty}";
    WillStockNow: "stock of {product} +{qty}", "{product} 재고 +{qty}";
    WillNotRefund: "no refund: the rental was used", "환불 없음: 이용을 마친 렌탈입니다";
    WillClose: "the order is closed", "주문이 종료됩니다";
    ChangedSince: "Changed since you opened this:", "창을 연 뒤에 바뀐 것:";
    ChangedTo: "{what}: {before} -> {after}", "{what}: {before} -> {after}";
    AskAgain: "It has changed: look again before you confirm.", "내용이 바뀌었습니다. 다시 확인하세요.";
    No: "No", "아니요";
    YesCancel: "yes, cancel it", "예, 취소합니다";
    YesEnd: "yes, end it", "예, 끝냅니다";
    YesQuit: "yes, leave", "예, 닫습니다";
    YesRetry: "send again (never doubles)", "다시 보내기 (중복 없음)";
    DeniedGone: "Nothing to do: the order is {status}.", "할 일이 없습니다: 주문 상태가 {status}.";
    DeniedNotOut: "The goods are not with the customer yet: cancel it instead.", "아직 배송되지 않았습니다. 대신 취소하세요.";

    // Commands and their life.
    DeedRequest: "new rental", "새 렌탈";
    DeedRequestFor: "rental of order {order}", "주문 {order} 렌탈";
    DeedCancel: "cancel order {order}", "주문 {order} 취소";
    DeedEnd: "end order {order}", "주문 {order} 종료";
    DeedRegister: "register {name}", "{name} 등록";
    DeedAdjust: "stock of product {product}", "상품 {product} 재고 조정";
    DeedRetryParked: "try {context} item {id} again", "{context} 항목 {id} 다시 처리";
    DeedDropParked: "drop {context} item {id}", "{context} 항목 {id} 버리기";
    CommandDone: "{what}: done", "{what}: 완료";
    DeedCheckIn: "check in order {order}", "주문 {order} 입고 확인";
    CommandSent: "{what}: sent...", "{what}: 보냄...";
    CommandAccepted: "{what}: accepted ({context} event {number})", "{what}: 접수됨 ({context} 이벤트 {number}번)";
    CommandInView: "{what}: done, in view ({context} event {number})", "{what}: 완료, 화면 반영 ({context} 이벤트 {number}번)";
    CommandRefused: "{what}: refused: {why}", "{what}: 거절됨: {why}";
    CommandUnsure: "{what}: no answer, perhaps done. {key} asks again and never doubles.", "{what}: 응답 없음, 처리됐을 수 있습니다. {key} 키로 다시 확인하며 중복되지 않습니다.";
    CommandFailed: "{what}: not sent: {why}", "{what}: 보내지 못함: {why}";
    WhyNoBroker: "the broker is not connected", "브로커에 연결되어 있지 않습니다";
    WhyNotRunning: "{context} is not running", "{context} 서비스가 실행 중이 아닙니다";
    WhySilent: "{context} does not answer", "{context} 서비스가 응답하지 않습니다";
    WhyUnreadable: "{context}'s answer cannot be read", "{context} 서비스의 응답을 읽을 수 없습니다";

    // Notices.
    CursorMoved: "Order {left} left the list; the cursor is on {now}. Press the key again to act on it.", "주문 {left}번이 목록에서 빠져 커서가 {now}번에 있습니다. 그래도 하려면 키를 다시 누르세요.";
    NothingSelected: "No order is selected.", "선택된 주문이 없습니다.";
    NothingChosen: "Nothing is selected: choose a row first.", "선택된 줄이 없습니다. 먼저 줄을 고르세요.";
    DeniedReadOnly: "This console is read-only.", "읽기 전용 콘솔입니다.";
    DeniedStale: "The picture is old: wait until it is LIVE again.", "지난 화면입니다. LIVE 상태가 되면 다시 하세요.";
    NothingToRetry: "Every command was answered.", "응답을 기다리는 명령이 없습니다.";
    CtrlCAgain: "Press Ctrl-c again to leave.", "Ctrl-c 키를 한 번 더 누르면 닫습니다.";
    Copied: "Order id {order} copied.", "주문 번호 {order} 복사함.";
    Exporting: "Writing {n} rentals to {file}...", "렌탈 {n}건을 {file} 파일에 쓰는 중...";
    Exported: "Written to {file}.", "{file} 파일에 저장했습니다.";
    NotExported: "{file} could not be written: {why}", "{file} 파일을 쓰지 못했습니다: {why}";
    UnknownKey: "No command on {key}. ? shows the keys.", "{key} 키에는 명령이 없습니다. ? 키로 도움말을 봅니다.";
    StreamRenewed: "The {context} stream was made anew: reading everything again.", "{context} 스트림이 새로 만들어져 처음부터 다시 읽습니다.";
    UnreadableEvent: "{context} event {number} cannot be read; it is left out.", "{context} 이벤트 {number}번을 읽을 수 없어 뺐습니다.";

    // Keys: what they do, for the hint bar and the help.
    HelpTitle: "Keys", "단축키";
    HelpGlobal: "Everywhere", "어디서나";
    HelpList: "Rentals", "렌탈 목록";
    HelpOrder: "Order", "주문 화면";
    HelpStock: "Stock", "재고 화면";
    HelpEvents: "Events", "이벤트 화면";
    HelpWorkers: "Workers", "작업자 화면";
    HelpJournal: "Journal", "작업 기록 화면";
    HelpEntry: "An entry of the journal", "작업 기록 한 건";
    HelpFilter: "While a filter is typed", "조건 입력 중";
    HelpForm: "Forms", "입력 창";
    HelpConfirm: "Questions", "확인 창";
    DoDown: "down", "아래";
    DoUp: "up", "위";
    DoPageDown: "page down", "다음 쪽";
    DoPageUp: "page up", "이전 쪽";
    DoHalfDown: "half a page down", "반 쪽 아래";
    DoHalfUp: "half a page up", "반 쪽 위";
    DoTop: "first", "처음";
    DoBottom: "last", "마지막";
    DoColumnLeft: "columns left", "왼쪽 열";
    DoColumnRight: "columns right", "오른쪽 열";
    DoOpen: "open", "열기";
    DoBack: "back", "뒤로";
    DoRelease: "no cursor: follow the newest", "커서 해제, 최신 따라가기";
    DoNew: "new rental", "새 렌탈";
    DoCancel: "cancel", "취소";
    DoEnd: "return", "반납";
    DoRetry: "ask again", "다시 확인";
    DoRefresh: "load again", "새로 읽기";
    DoLanguage: "Korean", "영어(English)";
    DoHelp: "help", "도움말";
    DoQuit: "quit", "닫기";
    DoSuspend: "to the shell", "셸로";
    DoInterrupt: "twice: leave", "두 번: 닫기";
    DoYes: "yes", "예";
    DoNo: "no", "아니요";
    DoSubmit: "send", "보내기";
    DoClose: "close", "닫기";
    DoNextField: "next field", "다음 칸";
    DoPreviousField: "previous field", "이전 칸";
    DoChooseDown: "next choice", "다음 선택";
    DoChooseUp: "previous choice", "이전 선택";
    DoRegister: "register", "등록";
    DoAdjust: "correct", "조정";
    DoCheckIn: "check in", "입고 확인";
    DoRetryParked: "try again", "다시 처리";
    DoDropParked: "drop", "버리기";
    DoFilter: "filter", "찾기";
    DoOpenOrder: "open the order", "주문 열기";
    DoCopyLog: "copy the lines shown", "보이는 줄 복사";
    DoSort: "sort", "정렬";
    DoChoose: "choose", "선택";
    DoCopy: "copy the order id", "주문 번호 복사";
    DoExportCsv: "write the list to a CSV file", "목록을 CSV 파일로";
    DoExportJson: "write the list to a JSON file", "목록을 JSON 파일로";
    DoFreeze: "freeze the list", "목록 고정";
    DoReverse: "reverse the sorting", "정렬 뒤집기";
    DoFollow: "follow the newest, no filter", "최신 따라가기, 조건 해제";
    DoNextScreen: "next screen", "다음 화면";
}
