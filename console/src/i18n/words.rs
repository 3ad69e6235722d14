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
            pub(crate) const fn both(self) -> (&'static str, &'static str) {
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
    Partly: "PARTLY LIVE", "일부 LIVE";
    DownNames: "{contexts} down", "{contexts} 중단";
    DownCount: "{n} down", "{n}곳 중단";
    DownAll: "all services down", "모든 서비스 중단";
    HealthAlert: "{contexts}: alert", "{contexts} 경고";
    HealthBehind: "{contexts} behind", "{contexts} 지연";
    HealthPhase: "{contexts} {phase}", "{contexts} {phase}";
    TroubleCount: "{n:trouble/troubles}", "문제 {n}건";
    TabRentals: "Rentals", "렌탈";
    TabStock: "Stock", "재고";
    TabEvents: "Events", "이벤트";
    TabWorkers: "Workers", "서비스";
    TabJournal: "Journal", "작업 기록";
    Place: "{n} of {total}", "{total}건 중 {n}";
    Loading: "loading", "불러오는 중";
    HereOnly: "in this window", "화면에 있는 것만";

    // What is wrong with the picture, and what still works.
    BrokerDown: "No broker. The picture is old; reconnecting by itself.", "브로커에 연결되어 있지 않습니다. 지난 화면이며, 자동으로 다시 연결합니다.";
    BrokerFirst: "Waiting for the broker at {url}. Connects by itself.", "브로커({url})를 기다립니다. 자동으로 연결합니다.";
    ViewDown: "No answer from totalview: rows come from live events.", "통합조회가 응답하지 않아 실시간 이벤트로 표시합니다.";
    DownNews: "No answer from: {contexts}.", "응답 없음: {contexts}.";
    DownWorks: "{works} {who}", "{works} {who}";
    WorksAll: "Renting and cancelling work.", "신청과 취소는 가능합니다.";
    WorksCancel: "Cancelling works; renting waits for inventory.", "취소는 가능하며, 신청은 재고 서비스 복구 후 가능합니다.";
    WorksNothing: "Renting and cancelling wait for order.", "신청과 취소는 주문 서비스 복구 후 가능합니다.";
    TailBroken: "Live events from {contexts} are interrupted; trying again.", "{contexts} 실시간 이벤트가 끊겨 다시 연결하는 중입니다.";
    NoRentals: "No rentals yet. Press {key} for the first.", "아직 렌탈이 없습니다. {key} 키로 신청하세요.";
    NoRentalsSeen: "No rentals among the latest events; totalview, which has the others, does not answer.", "최근 이벤트에는 렌탈이 없습니다. 나머지는 통합조회가 응답해야 볼 수 있습니다.";
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
    HeadTimeUtc: "UTC", "UTC";
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
    PaymentRefunding: "refunding", "환불 중";
    PaymentRefundDeclined: "no refund", "환불 거절";
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
    EventRefundRequested: "refund asked for", "환불 요청";
    EventRefundDeclined: "refund declined", "환불 거절";
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
    OrderAsked: "Asking for this order...", "주문을 확인하는 중입니다...";
    OrderUnread: "This order could not be read: {why}", "주문을 읽지 못했습니다: {why}";
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
    StepRefundAsked: "refund (provider asked)", "환불 (결제사 요청 중)";
    StepRefundDeclined: "refund (provider declined)", "환불 (결제사 거절)";
    StepRetrieval: "retrieval", "회수";
    StepBack: "back in stock", "재고 복귀";
    WaitsFor: "Waits: {context} has not answered for {age}.", "대기: {context} 쪽 응답이 {age}째 없습니다.";
    WaitsNothing: "Waits for nothing.", "기다리는 단계가 없습니다.";
    ServiceSilent: "Asked just now: {why}.", "방금 확인: {why}.";
    ServiceBehind: "It runs, {n:event/events} behind.", "실행 중이며 {n}건 밀려 있습니다.";
    ServiceParked: "It runs, {n:parked message waits/parked messages wait} for staff.", "실행 중이며 보류된 메시지 {n}건이 처리를 기다립니다.";
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
    FilterFindsNothing: "Nothing matches the filter. {key} clears it.", "조건에 맞는 것이 없습니다. {key} 키로 지웁니다.";
    FilterMistake: "Filter, character {at}: {why}", "조건 {at}번째 글자: {why}";
    FilterNeedsWord: "a word must follow !", "! 뒤에 낱말이 필요합니다";
    FilterNeedsSign: "one of = != < <= > >= is expected", "= != < <= > >= 가운데 하나가 필요합니다";
    FilterNeedsEqual: "only = or != can be used here", "여기에는 = 또는 != 만 쓸 수 있습니다";
    FilterNeedsNumber: "a number is expected", "숫자가 필요합니다";
    FilterNeedsStatus: "no such status; try active, paid, cancelled", "없는 상태입니다. 예: 대여중, 결제됨, 취소됨";
    FilterNeedsAge: "an age like 90s, 5m, 2h, 3d is expected", "90초, 5분, 2시간, 3일 같은 시간이 필요합니다";
    FilterNeedsName: "fields are status qty amount order age product", "항목은 상태 수량 금액 주문 경과 상품입니다";
    FilterShows: "filtered", "조건 적용";
    FilterAsks: "Searching the older ones too", "이전 주문도 찾는 중";
    FilterNotAll: "Only in memory: totalView is silent", "화면에 있는 것만 찾음: 통합조회 무응답";
    SavedTitle: "Saved filters", "저장된 조건";
    SaveTitle: "Save the filter as", "조건 저장 이름";
    SavedNone: "No filter is saved yet: type one with {filter}, keep it, and save it with {save}.", "저장된 조건이 없습니다. {filter} 키로 조건을 적고 유지한 뒤 {save} 키로 저장하세요.";
    SaveNothing: "There is no filter to save: type one with {filter} first.", "저장할 조건이 없습니다. 먼저 {filter} 키로 조건을 적으세요.";
    Saved: "Filter {name} saved in {file}.", "조건 {name}: {file} 파일에 저장했습니다.";
    NotSaved: "Filter {name} was not saved: {why}", "조건 {name}: 저장하지 못했습니다. {why}";
    SortTitle: "Sort by", "정렬 기준";
    HeadDetails: "Details", "내용";
    CountOf: "{n:unit/units}", "{n}개";
    ReturnedOf: "{down} down, {lost} lost", "고장 {down}, 분실 {lost}";
    PlaceOutside: "outside", "외부";

    // Workers.
    HeadContext: "Context", "서비스";
    HeadState: "State", "상태";
    HeadVersion: "Version", "버전";
    HeadUptime: "Up for", "가동";
    HeadJournal: "Journal", "저널";
    HeadPublished: "Sent", "전송";
    HeadParked: "Parked", "보류";
    HeadHandled: "Handled", "처리";
    HeadRate: "Per s", "초당";
    HeadHandling: "ms, half / 99%", "ms, 절반 / 99%";
    HeadTrend: "Trend", "추이";
    HeadSign: "Seen", "응답";
    HeadSources: "Read (behind)", "수신 (밀림)";
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
    ParkedUnknown: "Nothing else is known to be parked: no answer from {contexts}.", "확인된 다른 보류 메시지가 없습니다. 응답 없음: {contexts}";
    Trouble: "{context}: {what}", "{context} 서비스: {what}";
    RawTitle: "Item {id} of {context}", "{context} 서비스의 보류 항목 {id}";
    RawMore: "and {n:more byte/more bytes}", "이후 {n}바이트 더";
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
    JournalUnknown: "Nothing to show: no answer from {contexts}.", "표시할 기록이 없습니다. 응답 없음: {contexts}";
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
    LogWarnings: "{key} {n:warning/warnings}", "{key} 경고 {n}건";
    LogCopied: "The lines shown went to the terminal's clipboard.", "보이는 줄을 터미널 클립보드로 보냈습니다.";

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
    FormReady: "{key} sends the request", "{key} 키로 신청합니다";
    FormSending: "sent, waiting for the answer...", "보냈습니다. 응답을 기다립니다...";
    FormShort: "Only {available} of {asked} are available.", "요청 {asked}개 중 {available}개만 가능합니다.";
    FormAnyway: "Sent anyway, the order is taken and the fee charged; when inventory finds the stock short, the order is cancelled by itself, the fee refunded and the goods called back.", "그래도 보내면 주문이 접수되고 결제됩니다. 재고가 부족하면 주문은 자동으로 취소되고, 환불과 회수가 뒤따릅니다.";
    FormAnywayKeys: "{yes} sends it anyway, {no} changes it", "{yes} 그래도 보내기, {no} 고치기";

    // Stock.
    HeadOwned: "Owned", "보유";
    HeadAvailable: "Available", "대여 가능";
    HeadHeld: "Held", "확보";
    HeadOut: "Out", "대여 중";
    HeadReturning: "Returning", "회수 중";
    HeadDown: "Down", "고장";
    HeadLost: "Lost", "분실";
    StockProducts: "{n:product/products}", "상품 {n}종";
    StockOld: "Inventory does not answer: these figures are {age} old.", "재고 서비스가 응답하지 않습니다. {age} 지난 수치입니다.";
    StockNone: "No products yet. Press {key} for the first.", "아직 상품이 없습니다. {key} 키로 등록하세요.";
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
    SheetReady: "{key} sends it", "{key} 키로 보냅니다";

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
    DeniedGone: "Nothing to do: the order is {status}.", "할 일이 없습니다. 현재 주문 상태: {status}";
    DeniedNotOut: "The goods are not with the customer yet: cancel it instead.", "아직 배송되지 않았습니다. 대신 취소하세요.";

    // Many orders at once.
    Marked: "{n} marked", "표시 {n}건";
    MarkedHere: "{n} marked: all that are listed here. Older ones are not loaded, and not marked.", "목록에 있는 {n}건을 표시했습니다. 아직 불러오지 않은 주문은 제외됩니다.";
    BulkCancelTitle: "Cancel {n:order/orders}?", "주문 {n}건: 취소할까요?";
    BulkEndTitle: "End the rentals of {n:order/orders}?", "주문 {n}건: 렌탈을 끝낼까요?";
    SumRefund: "refund of {won} in all", "총 {won} 환불";
    SumUncharged: "{n} not charged yet: no refund", "{n}건은 결제 전이라 환불 없음";
    SumUnknown: "{n} more: refund of what was charged", "{n}건은 결제된 금액만큼 환불";
    SumNotRefund: "no refunds: the rentals were used", "환불 없음: 이용을 마친 렌탈입니다";
    SumRetrieve: "{n:unit is/units are} called back from customers", "고객에게서 물품 {n}개를 회수합니다";
    SumCallOff: "deliveries called off: {n}", "배송 {n}건을 취소합니다";
    SumClose: "the orders are closed", "주문이 모두 종료됩니다";
    LeftOut: "Left out ({n}):", "제외 ({n}건):";
    LeftOutWhy: "{orders}: {why}", "{orders}: {why}";
    LeftList: "it has left the list", "목록에서 빠졌습니다";
    BulkAskAgain: "Orders have changed: look again, then type the count anew.", "바뀐 주문이 있습니다. 다시 확인하고 건수를 새로 입력하세요.";
    BulkType: "type {n}:", "{n} 입력:";
    BulkYesCancel: "yes, cancel them", "예, 취소합니다";
    BulkYesEnd: "yes, end them", "예, 끝냅니다";
    BulkNoneTitle: "Nothing to do", "할 일이 없습니다";
    BulkNone: "None of the marked orders can be acted upon.", "표시한 주문 가운데 처리할 수 있는 것이 없습니다.";
    BulkTypeFirst: "Type {n}, then press {key}. Enter never confirms.", "{n} 입력 후 {key} 키를 누르세요. Enter 키로는 확인되지 않습니다.";
    BulkRunning: "The last bulk action is still running.", "이전 일괄 처리가 아직 진행 중입니다.";
    BulkChangedMeanwhile: "changed: {what}", "바뀜: {what}";
    BulkProgress: "{what}: {settled} of {total}, {accepted} accepted; {key} shows each", "{what}: {total}건 중 {settled}건 진행, {accepted}건 접수. {key} 키로 결과 보기";
    BulkDone: "{what}: all {total} accepted; {key} shows each", "{what}: {total}건 모두 접수됨. {key} 키로 결과 보기";
    BulkPartly: "{what}: {accepted} of {total} accepted; the other {rest:stays/stay} marked; {key} shows each", "{what}: {total}건 중 {accepted}건 접수. 나머지 {rest}건은 표시가 남습니다. {key} 키로 결과 보기";
    ResultsTitle: "{what}: {accepted} of {total} accepted", "{what}: {total}건 중 {accepted}건 접수";
    NoResults: "No bulk action was run in this console yet.", "이 콘솔에서 실행한 일괄 처리가 없습니다.";
    StepQueued: "waits for its turn", "차례를 기다립니다";
    StepSent: "sent...", "보냄...";
    StepAccepted: "accepted (order event {number})", "접수됨 (주문 이벤트 {number}번)";
    StepInView: "done, in view (order event {number})", "완료, 화면 반영 (주문 이벤트 {number}번)";
    StepRefused: "refused: {why}", "거절됨: {why}";
    StepFailed: "not sent: {why}", "보내지 않음: {why}";
    StepUnsure: "no answer, perhaps done", "응답 없음, 처리됐을 수 있습니다";
    WhyStale: "the picture was old", "지난 화면이었습니다";

    // Preview.
    PreviewNone: "No order is selected: its history is shown here.", "선택된 주문이 없습니다. 주문을 고르면 내역을 여기에 표시합니다.";
    PreviewNarrow: "The preview needs a terminal of {n} columns; {key} opens the order.", "미리보기에는 화면 너비 {n}칸이 필요합니다. {key} 키로 주문을 엽니다.";
    DoPreview: "order beside the list", "목록 옆 미리보기";

    // Mouse.
    MouseTerminals: "The mouse is the terminal's: select text as always; {key} takes it back.", "마우스를 터미널에 넘겼습니다. 평소처럼 글자를 선택할 수 있으며, {key} 키로 되돌립니다.";
    MouseOurs: "The mouse works here again; {key} gives it to the terminal.", "마우스를 다시 콘솔에서 씁니다. {key} 키로 터미널에 넘깁니다.";
    DoMouse: "mouse: here or the terminal's", "마우스: 콘솔 또는 터미널";

    // Palette.
    PaletteTitle: "Palette", "팔레트";
    PaletteNothing: "nothing is called like that", "해당하는 항목이 없습니다";
    GoTo: "go to {screen}", "{screen} 화면으로";
    OpenOrder: "open order {order}", "주문 {order} 열기";
    ShowProduct: "rentals of {product}", "{product} 렌탈만 보기";
    ShowSaved: "filter: {name}", "조건: {name}";
    DoPalette: "palette", "팔레트";

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
    CommandGone: "{what}: asked for before, and now {became}. Nothing new was taken.", "{what}: 이미 접수되었던 신청이며 현재 상태는 {became}. 새로 접수되지 않았습니다.";
    Became: "{status}", "{status}";
    BecameWhy: "{status} ({why})", "{status}({why})";
    CommandRefused: "{what}: refused: {why}", "{what}: 거절됨: {why}";
    CommandUnsure: "{what}: no answer, perhaps done. {key} asks again and never doubles.", "{what}: 응답 없음, 처리됐을 수 있습니다. {key} 키로 다시 확인하며 중복되지 않습니다.";
    CommandFailed: "{what}: not sent: {why}", "{what}: 보내지 못함: {why}";
    WhyNoBroker: "the broker is not connected", "브로커에 연결되어 있지 않습니다";
    WhyNotRunning: "{context} is not running", "{context} 서비스가 실행 중이 아닙니다";
    WhySilent: "{context} does not answer", "{context} 서비스가 응답하지 않습니다";
    WhyUnreadable: "{context}'s answer cannot be read", "{context} 서비스의 응답을 읽을 수 없습니다";

    // Themes.
    LookDark: "dark", "어두운 테마";
    LookLight: "light", "밝은 테마";
    LookHighContrast: "high contrast", "고대비 테마";
    LookNone: "no colour", "색 없음";
    LookIs: "Colours: {look}.", "색: {look}.";

    // Mistakes in the settings.
    ConfigLine: "{file}, line {line}: {why}", "{file} {line}번째 줄: {why}";
    ConfigFile: "{file}: {why}", "설정 파일 {file}: {why}";
    ConfigVariable: "{name}: {why}", "환경 변수 {name}: {why}";
    ConfigEnvironment: "in the environment: {why}", "환경 변수: {why}";
    ConfigZone: "no time zone is called {name}: times are shown in UTC", "{name} 시간대를 찾을 수 없어 시각을 UTC로 표시합니다";
    ConfigMore: "(+{n}: rental config --check) {first}", "(외 {n}건: rental config --check) {first}";
    ConfigSyntax: "not TOML, so nothing in the file counts: {why}", "TOML 문법 오류로 파일 전체를 적용하지 않았습니다: {why}";
    ConfigUnreadable: "cannot be read: {why}", "읽을 수 없습니다: {why}";
    ConfigUnknown: "no such name: {name}; the nearest is {nearest}", "없는 이름입니다: {name}. 가장 비슷한 이름: {nearest}";
    ConfigOneOf: "{name} must be one of: {values}", "{name} 값은 다음 중 하나입니다: {values}";
    ConfigOperator: "{name} must be a name of 1 to 64 characters without control characters, or empty", "{name} 값은 제어 문자가 없는 1~64자 이름이거나 비워 둡니다";
    ConfigSection: "{name} must be a section: [{name}]", "{name} 항목은 [{name}] 절로 적습니다";
    ConfigQuotes: "{name} must be a text in quotes", "{name} 값은 따옴표로 묶은 글입니다";
    ConfigSort: "expected a column and asc or desc, like \"age desc\"; columns: {values}", "\"age desc\"처럼 열 이름과 asc 또는 desc를 적습니다. 열: {values}";
    ConfigKeys: "{name} must be a key, like \"x\", or several: [\"x\", \"F8\"]", "{name} 값은 \"x\" 같은 키 하나이거나 [\"x\", \"F8\"] 같은 목록입니다";
    ConfigNoKey: "{name}: a terminal knows no key {key}; examples: x, ctrl-p, F5, shift-tab, space", "{name}: 터미널에 없는 키입니다: {key}. 예: x, ctrl-p, F5, shift-tab, space";
    ConfigTwice: "{key} would do two things in {scope}: {one} and {other}", "{scope}: {key} 키가 두 가지 동작에 겹칩니다: {one}, {other}";
    ConfigEasyYes: "{name} can never be Enter or Esc", "{name} 키로 Enter와 Esc는 쓸 수 없습니다";
    ConfigOpens: "{name}: {key} would open a question and say yes to it", "{name}: {key} 키가 확인 창을 열고 바로 승낙하게 됩니다";
    ConfigIsTyped: "{name}: {key} is typed as text here", "{name}: {key} 키는 여기서 글자로 입력됩니다";
    ConfigInterrupts: "{name}: Ctrl-c always interrupts, and nothing else", "{name}: Ctrl-c 키는 언제나 중단에만 쓰입니다";
    ConfigNoWayOut: "{name} needs a key: there is no other way out", "{name} 키가 있어야 창을 닫을 수 있습니다";

    // Notices.
    CursorLeft: "Order {left} left the list; the cursor is on {now}. The next action key is ignored once.", "주문 {left}번이 목록에서 빠져 커서가 {now}번에 있습니다. 다음 작업 키는 한 번 무시됩니다.";
    CursorMoved: "Order {left} left the list; the cursor is on {now}. Press the key again to act on it.", "주문 {left}번이 목록에서 빠져 커서가 {now}번에 있습니다. 그래도 하려면 키를 다시 누르세요.";
    NothingSelected: "No order is selected.", "선택된 주문이 없습니다.";
    NothingChosen: "Nothing is selected: choose a row first.", "선택된 줄이 없습니다. 먼저 줄을 고르세요.";
    DeniedReadOnly: "This console is read-only.", "읽기 전용 콘솔입니다.";
    DeniedStale: "The picture is old: wait until it is LIVE again.", "지난 화면입니다. LIVE 상태가 되면 다시 하세요.";
    NothingToRetry: "Every command was answered.", "응답을 기다리는 명령이 없습니다.";
    CtrlCAgain: "Press Ctrl-c again to leave.", "Ctrl-c 키를 한 번 더 누르면 닫습니다.";
    Copied: "To the terminal's clipboard: order id {order}", "터미널 클립보드로 보냈습니다: 주문 번호 {order}";
    Exporting: "Writing {n:rental/rentals} to {file}...", "렌탈 {n}건을 {file} 파일에 쓰는 중...";
    Exported: "Written to {file}.", "{file} 파일에 저장했습니다.";
    ExportedPart: "{n} of {total} written to {file}: those in memory. All of them: rental orders --json --limit {total} --filter '{filter}'", "{total}건 중 불러온 {n}건을 {file} 파일에 저장했습니다. 전체: rental orders --json --limit {total} --filter '{filter}'";
    NotExported: "{file} could not be written: {why}", "{file} 파일을 쓰지 못했습니다: {why}";
    UnknownKey: "No command on {key}. {help} shows the keys.", "{key} 키에는 명령이 없습니다. {help} 키로 도움말을 봅니다.";
    StreamRenewed: "The {context} stream was made anew: reading everything again.", "{context} 스트림이 새로 만들어져 처음부터 다시 읽습니다.";
    UnreadableEvent: "{context} event {number} cannot be read; it is left out.", "{context} 이벤트 {number}번을 읽을 수 없어 뺐습니다.";

    // Keys: what they do, for the hint bar and the help.
    HelpTitle: "Keys", "단축키";
    HelpGlobal: "Everywhere", "어디서나";
    HelpList: "Rentals", "렌탈 목록";
    HelpOrder: "Order", "주문 화면";
    HelpStock: "Stock", "재고 화면";
    HelpEvents: "Events", "이벤트 화면";
    HelpWorkers: "Workers", "서비스 화면";
    HelpJournal: "Journal", "작업 기록 화면";
    HelpEntry: "An entry of the journal", "작업 기록 한 건";
    HelpFilter: "While a filter is typed", "조건 입력 중";
    HelpForm: "Forms", "입력 창";
    HelpConfirm: "Questions", "확인 창";
    HelpBulk: "Question about marked orders", "표시한 주문 확인 창";
    HelpResults: "Results of the marked orders", "표시한 주문 결과";
    DoMark: "mark", "표시";
    DoMarkAll: "mark all, or none", "모두 표시 또는 해제";
    DoResults: "results of the last bulk action", "일괄 처리 결과";
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
    DoTheme: "other colours", "다른 색";
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
    DoPickFilter: "saved filters", "저장된 조건";
    DoSaveFilter: "save the filter", "조건 저장";
    SaveIt: "save", "저장";
    DoOpenOrder: "open the order", "주문 열기";
    DoCopyLog: "copy the lines shown", "보이는 줄 복사";
    DoSort: "sort", "정렬";
    DoChoose: "choose", "선택";
    DoCopy: "copy the order id", "주문 번호 복사";
    DoCopyCell: "copy a cell", "칸 복사";
    CellTitle: "Copy which cell?", "어느 칸을 복사할까요?";
    CopiedCell: "To the terminal's clipboard: {text}", "터미널 클립보드로 보냈습니다: {text}";
    DoExportCsv: "write the list to a CSV file", "목록을 CSV 파일로";
    DoExportJson: "write the list to a JSON file", "목록을 JSON 파일로";
    DoFreeze: "freeze the list", "목록 고정";
    DoReverse: "reverse the sorting", "정렬 뒤집기";
    DoFollow: "follow the newest, no filter", "최신 따라가기, 조건 해제";
    DoNextScreen: "next screen", "다음 화면";
}
