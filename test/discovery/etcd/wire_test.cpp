int wire_placeholder;
